// PostgresClient: see README.md, architecture map.
