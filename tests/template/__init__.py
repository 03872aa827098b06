"""What passes on the local engine and would fail on AWS, read from the transformed template."""
