"""What the local emulator accepts and AWS would refuse, checked in the transformed template."""
