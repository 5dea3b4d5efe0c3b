"""ReCon++-nano, pretraining on ProceduralShapes (method of arXiv 2402.17766, size and data are ours).

ReCon with several image queries, matched with four pictures of the object. Of ReCon++ this is the alignment of views;
left out are its colors, its larger data and students, and several texts, so that there is one text query as in ReCon.
The weight is that of the released code, 5 times the sum over a batch of 64. The teachers are those of recon-nano.
Cost: about as many samples per second as recon-nano, and four pictures of every object to render and encode once.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/recon_plus/nano.py
"""

_base_ = '../recon/nano.py'

model = dict(
    backbone=dict(queries=('image_1', 'image_2', 'image_3', 'image_4', 'text')),
    objectives=dict(
        image=dict(_delete_=True, type='AlignViews', teacher=dict(type='EfficientNetLite0Teacher'), weight=320.0)
    ),
)
train_dataloader = dict(dataset=dict(views=4))
custom_hooks = [*_base_.custom_hooks[:-1], dict(type='FeatureBankHook', views=4, whole=('image',))]
