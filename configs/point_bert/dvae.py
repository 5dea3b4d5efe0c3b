"""Point-BERT's tokenizer, trained on ShapeNet55 (arXiv 2111.14819).

Reproduces: the discrete autoencoder of the paper, 8192 ids, 300 epochs, batch 64.
Cost: not measured on a GPU yet.
Expected: the paper reports no score of its own for it; the weights are the teacher of configs/point_bert/base.py.
Command: python tools/train.py configs/point_bert/dvae.py
"""

_base_ = '../_base_/pretrain_shapenet55.py'

train_dataloader = dict(batch_size=64, dataset=dict(images=False, texts=False, image_pipeline=None))
optim_wrapper = dict(optimizer=dict(weight_decay=5e-4))

model = dict(
    type='TokenizerPretrainer',
    tokenizer=dict(type='DiscreteVAE', num_tokens=8192, encoder_dim=256, code_dim=256, decoder_dim=256, group_size=32),
    num_groups=64,
    order='shape',
    temperature=dict(start=1.0, end=0.0625, steps=100_000),
    iterations=196_500,  # 300 epochs of 655
    kl_weight=dict(start=0.0, end=0.1, steps=100_000, delay=10_000),
)
