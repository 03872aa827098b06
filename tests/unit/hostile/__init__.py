"""Bad inputs by class: what each may not do, and the tests that let it try."""
