"""Webhook deliveries: GitHub's own examples (`payloads/`), and signed ones that fit a stand-in GitHub."""
