"""Reading TypeScript: syntax trees become facts in a worker process with limits, never in the service's own."""
