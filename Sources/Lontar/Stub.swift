// Lontar: see README.md, architecture map.
