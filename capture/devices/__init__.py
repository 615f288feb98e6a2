"""What there is to choose from: cameras, microphones, monitors."""
