"""Render the embedded faces: MakeHuman heads (CC0) drawn by Blender. Build-time only."""
