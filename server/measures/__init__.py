"""Measures against people (违规处理): taking and lifting them, appeals, and what is read of them."""
