"""Methods that minimise, one per file, each a generator of small immutable steps."""
