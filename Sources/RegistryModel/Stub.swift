// RegistryModel: see README.md, architecture map.
