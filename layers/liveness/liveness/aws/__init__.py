"""The ports on AWS: one module for each service, over boto3 clients of one session."""
