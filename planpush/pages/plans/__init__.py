"""The page of a plan and what its owner does with it."""
