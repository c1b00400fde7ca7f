// SeratusCommandTests
