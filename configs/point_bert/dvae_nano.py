"""Point-BERT's tokenizer at nano size, trained on ProceduralShapes (method of arXiv 2111.14819, the rest is ours).

256 ids instead of 8192; temperature and divergence follow the iterations, 660 of them.
Cost: 8 minutes on one busy CPU core (measured: 95 samples/s at batch 64).
Expected: no published figure belongs to this config; the weights are the teacher of configs/point_bert/nano.py.
Command: python tools/train.py configs/point_bert/dvae_nano.py
"""

_base_ = '../_base_/pretrain_procedural.py'

train_dataloader = dict(dataset=dict(images=False, texts=False))
train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(weight_decay=5e-4))
param_scheduler = dict(warmup='3/20')

model = dict(
    type='TokenizerPretrainer',
    tokenizer=dict(
        type='DiscreteVAE',
        num_tokens=256,
        encoder_dim=64,
        code_dim=64,
        decoder_dim=96,
        group_size=16,
        patch_widths=(32, 64, 128),
        graph_widths=(64, 64, 64, 128, 128),
        decoder_widths=(256, 128),
    ),
    num_groups=32,
    order='shape',
    temperature=dict(start=1.0, end=0.0625, steps=500),
    iterations=660,
    kl_weight=dict(start=0.0, end=0.1, steps=500, delay=60),
)
