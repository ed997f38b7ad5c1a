"""What the stand-in GitHub does, one module a part of the API."""
