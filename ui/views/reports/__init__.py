"""What the platform did about violations, and appeals."""
