"""What the function costs beside what people would write instead (`make bench`)."""
