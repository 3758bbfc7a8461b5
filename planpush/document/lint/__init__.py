"""The linter: tells an author what to fix, with line and column."""
