// CohortAnalysisTests
