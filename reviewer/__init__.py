"""Reviews pull requests of TypeScript backends the way a senior backend engineer would."""
