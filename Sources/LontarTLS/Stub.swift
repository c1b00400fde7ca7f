// LontarTLS: see README.md, architecture map.
