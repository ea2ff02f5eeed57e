"""What leaves the house: layouts, MIME, channels, the delivery loop."""
