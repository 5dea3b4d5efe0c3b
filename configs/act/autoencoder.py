"""ACT's autoencoder around a frozen ViT-B/16 of timm, trained on ShapeNet55 (arXiv 2212.08320).

Reproduces: the first stage of the paper, 8192 ids, 64 prompts before each of the 12 blocks, 300 epochs, batch 64.
Cost: not measured on a GPU yet.
Expected: the weights are the teacher of configs/act/base.py; no score of its own could be sourced.
Command: python tools/train.py configs/act/autoencoder.py
"""

_base_ = '../_base_/pretrain_shapenet55.py'

train_dataloader = dict(batch_size=64, dataset=dict(images=False, texts=False, image_pipeline=None))
optim_wrapper = dict(optimizer=dict(weight_decay=5e-4))

model = dict(
    type='TokenizerPretrainer',
    tokenizer=dict(
        type='CrossModalVAE',
        foundation=dict(type='TimmTransformer', model_name='vit_base_patch16_384', embed_dim=768, depth=12),
        num_prompts=64,
        deep_prompts=True,
        num_tokens=8192,
        encoder_dim=384,
        code_dim=384,
        decoder_dim=384,
        group_size=32,
    ),
    num_groups=64,
    order='shape',
    temperature=dict(start=1.0, end=0.0625, steps=100_000),
    iterations=196_500,  # 300 epochs of 655
    kl_weight=dict(start=0.0, end=0.1, steps=100_000, delay=10_000),
)
