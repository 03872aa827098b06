"""What the function costs, compared with what people would write instead (`make bench`)."""
