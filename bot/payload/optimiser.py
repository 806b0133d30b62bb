"""AdamW of torch without its compiler, which nothing here uses and which takes as long to import as torch itself."""

import inspect

import torch
from torch.optim import AdamW


class PlainAdamW(AdamW):
    """The same steps to the bit, and the same state.

    torch wraps these methods such that their first call imports the compiler, and each call asks it. Here they are as
    they were written; of a torch that does not wrap them, they are what they are.
    """

    add_param_group = inspect.unwrap(AdamW.add_param_group)
    zero_grad = inspect.unwrap(AdamW.zero_grad)
    state_dict = inspect.unwrap(AdamW.state_dict)
    load_state_dict = inspect.unwrap(AdamW.load_state_dict)
    step = torch.no_grad()(inspect.unwrap(AdamW.step))
