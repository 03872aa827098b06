"""From labelled pictures to the figures of ISO/IEC 30107-3 (docs/evaluation.md)."""
