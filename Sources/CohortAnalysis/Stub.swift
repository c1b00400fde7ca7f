// CohortAnalysis: see README.md, architecture map.
