"""Blender materials of the head: skin, hair cards, eyes, teeth."""

from __future__ import annotations

from pathlib import Path

import bpy
import cv2
import numpy as np

BUMP_DISTANCE = 0.09


def _new(name: str) -> tuple[bpy.types.Material, bpy.types.NodeTree, bpy.types.Node]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    return material, tree, tree.nodes["Principled BSDF"]


def skin() -> bpy.types.Material:
    """Skin with relief from the alpha of its image (set later), and cloth below the collar."""
    material, tree, shader = _new("skin")
    nodes, links = tree.nodes, tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.name, texture.interpolation, texture.extension = "texture", "Cubic", "EXTEND"
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    shader.inputs["Specular IOR Level"].default_value = 0.35
    shader.inputs["Subsurface Weight"].default_value = 0.2
    shader.inputs["Subsurface Radius"].default_value = (1, 0.35, 0.2)
    shader.inputs["Subsurface Scale"].default_value = 0.05
    bump = nodes.new("ShaderNodeBump")
    bump.inputs["Distance"].default_value = BUMP_DISTANCE
    links.new(texture.outputs["Alpha"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    cloth = nodes.new("ShaderNodeBsdfDiffuse")
    cloth.name = "cloth"
    below = nodes.new("ShaderNodeAttribute")
    below.attribute_name = "below_collar"
    is_cloth = nodes.new("ShaderNodeMath")
    is_cloth.operation = "GREATER_THAN"
    is_cloth.inputs[1].default_value = 0
    links.new(below.outputs["Fac"], is_cloth.inputs[0])
    mix = nodes.new("ShaderNodeMixShader")
    links.new(is_cloth.outputs[0], mix.inputs[0])
    links.new(shader.outputs[0], mix.inputs[1])
    links.new(cloth.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def card(name: str, texture_path: Path, tinted: bool, roughness: float) -> bpy.types.Material:
    """Textured card with alpha; ``tinted`` cards take brightness alone from the texture."""
    material, tree, shader = _new(name)
    nodes, links = tree.nodes, tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(texture_path))
    links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    shader.inputs["Roughness"].default_value = roughness
    if not tinted:
        # The eye textures are brighter and bluer than eyes in their sockets look.
        darker = nodes.new("ShaderNodeGamma")
        darker.inputs["Gamma"].default_value = 1.45
        paler = nodes.new("ShaderNodeHueSaturation")
        paler.inputs["Saturation"].default_value = 0.55
        links.new(texture.outputs["Color"], darker.inputs["Color"])
        links.new(darker.outputs["Color"], paler.inputs["Color"])
        links.new(paler.outputs["Color"], shader.inputs["Base Color"])
        return material
    shader.inputs["Specular IOR Level"].default_value = 0.12
    grey = nodes.new("ShaderNodeRGBToBW")
    links.new(texture.outputs["Color"], grey.inputs[0])
    strands = nodes.new("ShaderNodeMath")
    strands.operation = "MULTIPLY_ADD"
    strands.inputs[1].default_value = 1.15 / _mean_brightness(texture_path)
    strands.inputs[2].default_value = -0.15
    links.new(grey.outputs[0], strands.inputs[0])
    tint = nodes.new("ShaderNodeVectorMath")
    tint.operation, tint.name = "SCALE", "tint"
    # The darkest strands would turn negative.
    floor = nodes.new("ShaderNodeMath")
    floor.operation = "MAXIMUM"
    floor.inputs[1].default_value = 0.05
    links.new(strands.outputs[0], floor.inputs[0])
    links.new(floor.outputs[0], tint.inputs["Scale"])
    links.new(tint.outputs[0], shader.inputs["Base Color"])
    bump = nodes.new("ShaderNodeBump")
    bump.inputs["Distance"].default_value = 0.03
    bump.inputs["Strength"].default_value = 0.35
    links.new(grey.outputs[0], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    return material


def _mean_brightness(path: Path) -> float:
    """Mean linear brightness of a texture where it is opaque."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.float32) / 255
    alpha = image[..., 3] if image.ndim == 3 and image.shape[2] == 4 else np.ones(image.shape[:2])
    bright = (np.atleast_3d(image)[..., :3] ** 2.2).mean(-1)
    return max(float((bright * alpha).sum() / max(alpha.sum(), 1)), 0.005)


def plain(name: str, colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    """Make a material of one colour."""
    material, _, shader = _new(name)
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    return material
