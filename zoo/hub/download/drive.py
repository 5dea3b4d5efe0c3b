"""Google Drive shows a page before a large file; the library gdown knows how to answer it."""

from __future__ import annotations

from zoo.hub.download.failures import Refused


def confirmed_address(page: str, drive_id: str) -> str:
    """Return the address behind the page that Google Drive shows in place of a file.

    Drive changes this page now and then, so its reading is left to gdown, which follows; resume and checks stay ours.

    Raises:
        Refused: gdown is not installed, or the page leads nowhere (private, deleted, or asked for too often today).
    """
    by_hand = f'or save https://drive.google.com/file/d/{drive_id} by browser'
    try:
        from gdown.download import get_url_from_gdrive_confirmation
    except ImportError as error:
        raise Refused(f'shows a page of Google Drive instead of the file: pip install gdown, {by_hand}') from error
    try:
        return str(get_url_from_gdrive_confirmation(page))
    except Exception as error:  # gdown's own, and whatever an unforeseen page sets off in it
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise Refused(f'is not given by Google Drive ({reason:.200}), {by_hand}') from error
