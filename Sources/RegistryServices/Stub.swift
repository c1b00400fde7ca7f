// RegistryServices: see README.md, architecture map.
