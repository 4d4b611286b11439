"""The torch wing: networks, curvature products, the Hessian-free optimiser, races.

Only this folder and the torch lessons import torch; import the module you need, for example
``from sgo_teach.nets.hessian_free import HessianFree``.
"""
