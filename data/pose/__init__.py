"""Faces in space: detection, the face mesh, alignment, and yaw, pitch and roll in degrees."""
