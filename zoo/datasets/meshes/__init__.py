"""Triangle meshes: what they are, points on them, pictures of them."""
