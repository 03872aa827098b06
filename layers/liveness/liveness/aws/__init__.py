"""The use case's collaborators on AWS: one module for each service."""
