"""Whether a living person is in front of the camera: pure analysis over frames (numpy, cv2), no I/O, any thread.

The program uses it to guide, the service to judge; both by the same ``policy``. Times are milliseconds of the capture
clock, angles degrees. Left and right are the person's own; pictures are as the camera gives them, not mirrored.
"""
