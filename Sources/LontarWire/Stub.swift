// LontarWire: see README.md, architecture map.
