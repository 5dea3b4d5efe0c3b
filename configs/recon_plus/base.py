"""ReCon++ with ReCon's base width, pretraining on 12 renderings of every object of ShapeNet55 (arXiv 2402.17766).

ReCon with 12 image queries, matched with CLIP's features of 12 views; the text has one query, as in ReCon. With the one
rendering of the reference, 12 augmentations of it stand for views: --cfg-options train_dataloader.dataset.views=1
Reproduces: the released recipe for ShapeNet, whose students are this wide: 300 epochs, batch 256, rate 1e-4, weight of
the alignment 5 times the sum over the batch of one of 8 processes. Left out: the Chamfer-L1 beside Chamfer-L2, texts of
every object. The paper's own models learn from Objaverse too, with colors, 10,000 points and wider students.
Cost: not measured on a GPU yet.
Expected: no published figure belongs to pretraining on ShapeNet55 alone.
Command: python tools/train.py configs/recon_plus/base.py --amp
"""

_base_ = '../recon/base.py'

model = dict(
    backbone=dict(queries=(*(f'image_{view}' for view in range(1, 13)), 'text')),
    objectives=dict(
        image=dict(_delete_=True, type='AlignViews', teacher=dict(type='CLIPImageTeacher'), weight=160.0),
    ),
)
train_dataloader = dict(batch_size=256, dataset=dict(views=12))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
custom_hooks = [*_base_.custom_hooks[:-1], dict(type='FeatureBankHook', views=12, whole=('image',))]
