"""Collections of meshes that anybody may download: where they are, what they hold, under which terms."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import UsageError

GAZEBO = r'(?P<category>[^/]+)/meshes/(?:[^/]+/)*(?P<name>[^/]+)\.(?:dae|DAE|stl|STL|obj)'
GAZEBO_WORDS = 'its names are those of the folder and of the file: most models come in several parts'


@dataclass(frozen=True)
class Collection:
    """A collection, as its publisher lays it out.

    Attributes:
        name: Its name on the command line.
        title: Description in a line.
        get: Address.
        terms: Licence as the source states it.
        licence: Short name of the licence of an object that states none of its own.
        holder: Who holds the copyright, where an object does not say.
        pattern: What the end of the path of an object is like; the groups ``name`` and ``category`` are its words.
            What it matches is the id, so that one is the same whatever folder the collection lies in.
        notices: Files with the licence, below the folder of the collection or one that leads to it.
        objects: How many were seen, for the catalogue.
        seen: What was seen of it, and when.
        up: Axis that points up in the files, 'y' or 'z'.
        families: Parts whose names differ in numbers alone are near-duplicates, of which one is taken.
        installed: Folder where a package puts it.
        manifest: JSON file that states the SHA-256 of every mesh; what differs is left out.
        words: Where more words come from: '', 'ldraw' (head of the file), 'json' (``data.json`` beside it), 'config'
            (``model.config`` of the folder) or 'report' (``category-report.txt``).
    """

    name: str
    title: str
    get: str
    terms: str
    licence: str
    holder: str
    pattern: str
    objects: int
    seen: str
    notices: tuple[str, ...] = ('LICENSE', 'LICENSE.txt', 'LICENSE.md', 'License.txt')
    up: str = 'y'
    families: bool = False
    installed: str = ''
    manifest: str = ''
    words: str = ''


COLLECTIONS = {
    item.name: item
    for item in (
        Collection(
            'kicad',
            'electronic parts of the KiCad library',
            'apt-get download kicad-packages3d (379 MB, https://packages.debian.org/kicad-packages3d), then prepare '
            'kicad --from FILE.deb; or apt install it',
            'CC-BY-SA-4.0 with an exception for designs made with the library; a few files GPL-3+, as its file '
            'debian/copyright says',
            'CC-BY-SA-4.0-with-exception',
            'KiCad Community',
            r'(?P<category>[^/]+)\.3dshapes/(?P<name>[^/]+)\.wrl',
            6227,
            'all files of Debian package 6.0.10-1 were listed, one of each family read',
            notices=('usr/share/doc/kicad-packages3d/copyright', 'share/doc/kicad-packages3d/copyright', 'copyright'),
            up='z',
            families=True,
            installed='/usr/share/kicad/3dmodels',
        ),
        Collection(
            'ldraw',
            'parts of the LDraw library, those with printed patterns left out',
            'https://library.ldraw.org/library/updates/complete.zip, then prepare ldraw --from complete.zip',
            'CC-BY-4.0, a few parts CC-BY-2.0, as the head of each file says',
            'CC-BY-4.0',
            'its authors, named in each file',
            r'parts/(?P<name>[^/]+)\.dat',
            6699,
            'five parts were read as shipped; the number is that of the release of 2024-05',
            notices=('CAreadme.txt', 'CAlicense4.txt', 'CAlicense.txt'),
            words='ldraw',
        ),
        Collection(
            'base-meshes',
            'plain meshes of everyday things',
            'https://github.com/Papyszoo/base-meshes (zip of the repository)',
            'CC0 (LICENSE)',
            'CC0',
            'The Base Mesh (thebasemesh.com)',
            r'models/[^/]+/(?P<name>[^/]+)\.glb',
            900,
            'its list of names and categories and the beginning of its list of checksums were read',
            manifest='store-manifest.json',
            words='report',
        ),
        Collection(
            'quaternius',
            'low-poly models of Quaternius',
            'https://github.com/trebeljahr/quaternius-showcase (zip of the repository); 92 files need the extra draco',
            'CC0 by their maker; the LICENSE of that repository is MIT',
            'CC0',
            'Quaternius',
            r'public/glb/(?:(?P<category>[^/]+)/)?(?P<name>[^/]+)\.glb',
            1545,
            'its file names were listed, two compressed files read as shipped',
        ),
        Collection(
            'decentraland',
            'builder assets of Decentraland, with one-line captions that a program wrote, some of them wrong',
            'https://github.com/decentraland/asset-packs (zip of the repository)',
            'ISC in package.json; nothing is said of the assets, so ask before passing anything on',
            'ISC (package.json; nothing on assets)',
            'Decentraland Foundation',
            r'packs/[^/]+/assets/(?P<name>[^/]+)/(?:[^/]+/)*[^/]+\.glb',
            2728,
            'its file names were listed, one data.json and two meshes read as shipped',
            words='json',
        ),
        Collection(
            'gazebo',
            'models of the Gazebo simulator',
            'https://github.com/osrf/gazebo_models (zip of the repository)',
            'CC-BY-3.0',
            'CC-BY-3.0',
            'Open Source Robotics Foundation and the authors of the models',
            GAZEBO,
            350,
            'one mesh was read as shipped; the number is that of the meshes with a surface of an earlier reading',
            words='config',
        ),
        Collection(
            'gazebo-worlds',
            'models and worlds for the Gazebo simulator, collected by Leonhart Yao',
            'https://github.com/leonhartyao/gazebo_models_worlds_collection (zip of the repository)',
            'GPL-3',
            'GPL-3',
            'the authors of the models',
            GAZEBO,
            735,
            'its file names were listed; the number is that of an earlier reading',
            words='config',
        ),
        Collection(
            'mmmm',
            "voxel models of Mike's mini meshes: characters, vehicles, things",
            'https://github.com/mikelovesrobots/mmmm (zip of the repository)',
            'CC-BY-4.0 (LICENSE)',
            'CC-BY-4.0',
            'Mike Judge',
            r'collada/(?P<category>[a-z]+)_(?P<name>[^/]+)\.dae',
            432,
            'its file names were listed, three meshes read as shipped',
        ),
        Collection(
            'kaykit',
            'dungeon, city and character packs of Kay Lousberg',
            'https://github.com/KayKit-Game-Assets (zip of any of its repositories; unpack several into one folder)',
            'CC0 (License.txt of each pack)',
            'CC0',
            'Kay Lousberg',
            r'[Aa]ssets/gltf/(?:(?P<category>[^/]+)/)?(?P<name>[^/]+?)(?:\.gltf)?\.(?:glb|gltf)',
            203,
            'the file names of one pack were listed; the number is that of its meshes',
        ),
    )
}


def find_collection(name: str) -> Collection:
    """Return a collection.

    Raises:
        UsageError: There is none of that name; the message lists them.
    """
    if name not in COLLECTIONS:
        raise UsageError(f'there is no collection {name!r}: known are {", ".join(COLLECTIONS)}')
    return COLLECTIONS[name]
