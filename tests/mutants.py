"""Mistakes that the tests must catch, one by one.

Each mutant is a small edit of the package that somebody has made in earnest: in a tutorial, in a
library, on a whiteboard. ``test_mutants.py`` applies it to a copy and runs the tests named here,
which must fail.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    ``old``, which stands exactly once in the module, becomes ``new``; then at least one of the
    tests in ``killers`` fails.
    """

    name: str
    module: str
    old: str
    new: str
    killers: tuple[str, ...]


def _mutant(name, module, old, new, *killers):
    return Mutant(name, module, old, new, killers)


SQUARE = "test_backprop.py::test_every_cost_and_output_with_sizes_different_and_square"
INDEX_FORM = "test_equations.py::test_each_equation_with_all_sizes_different_and_with_all_equal"
IN_PLACE = (  # one of a thousand: all must pass on the package as it is
    "fast/test_in_place.py::test_equals_backprop_to_a_few_ulps"
    "[<activation sigmoid>-<activation sigmoid>-<cost quadratic>-float64]"
)

MUTANTS = [
    # The four equations
    _mutant(
        "bp3: sum for mean over the mini-batch",
        "equations",
        "return delta.mean(axis=1, keepdims=True)",
        "return delta.sum(axis=1, keepdims=True)",
        "test_backprop.py::test_by_hand",
    ),
    _mutant(
        "bp4: sum for mean over the mini-batch",
        "equations",
        "return delta @ a_previous.T / m",
        "return delta @ a_previous.T",
        "test_backprop.py::test_by_hand",
    ),
    _mutant(
        "bp4: divided by the number of neurons",
        "equations",
        "m = delta.shape[1]",
        "m = delta.shape[0]",
        "test_backprop.py::test_by_hand",
    ),
    _mutant(
        "bp3: a flat bias gradient, which broadcasts",
        "equations",
        "return delta.mean(axis=1, keepdims=True)",
        "return delta.mean(axis=1)",
        f"{INDEX_FORM}[bp3-square]",
    ),
    _mutant(
        "bp1: no sigma' at the output",
        "equations",
        "return grad_a * prime",
        "return grad_a",
        f"{SQUARE}[quadratic-sigmoid-square]",
    ),
    _mutant(
        "bp2: no sigma' in the hidden layers",
        "equations",
        "return (w_next.T @ delta_next) * prime",
        "return w_next.T @ delta_next",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "bp2: no transpose, which square layers let through",
        "equations",
        "return (w_next.T @ delta_next) * prime",
        "return (w_next @ delta_next) * prime",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "bp2 in matrix form: no transpose",
        "equations",
        "return bp1_matrix(w_next.T @ delta_next, jacobian)",
        "return bp1_matrix(w_next @ delta_next, jacobian)",
        "test_equations.py::test_the_matrix_forms_equal_the_hadamard_forms",
    ),
    _mutant(
        "bp1 in matrix form: the Jacobian the wrong way round, which softmax hides",
        "equations",
        '"mij,im->jm"',
        '"mji,im->jm"',
        "test_equations.py::test_the_jacobian_is_da_i_dz_j_so_it_is_transposed_on_the_way_back",
    ),
    _mutant(
        "path sum: no sigma' at the start of the path",
        "equations",
        "contribution, here = 1.0 * prime[l][j], j",
        "contribution, here = 1.0, j",
        "test_equations.py::test_the_sum_over_all_paths_with_sizes_different_and_square",
    ),
    # Activations
    _mutant(
        "relu: slope 1 at the kink",
        "activations",
        "(z.real > 0).astype(z.dtype)",
        "(z.real >= 0).astype(z.dtype)",
        "test_backprop.py::test_relu_at_its_kink_passes_nothing_back",
    ),
    _mutant(
        "relu: a mask that never acts",
        "activations",
        "(z.real > 0).astype(z.dtype)",
        "np.ones_like(z)",
        "test_backprop.py::test_relu_at_its_kink_passes_nothing_back",
    ),
    _mutant(
        "relu: a float64 leak",
        "activations",
        "(z.real > 0).astype(z.dtype)",
        "(z.real > 0).astype(float)",
        "test_activations.py::test_shape_dtype_layout_and_the_callers_array[relu]",
    ),
    _mutant(
        "sigmoid: the derivative as a function of a",
        "activations",
        "return e / (1 + e) ** 2",
        "return z * (1 - z)",
        "test_activations.py::test_derivatives_are_functions_of_z_not_of_a",
    ),
    _mutant(
        "sigmoid: a (1 - a), which loses its digits",
        "activations",
        "return e / (1 + e) ** 2",
        "return _sigmoid(z) * (1 - _sigmoid(z))",
        "test_activations.py::test_saturated_derivatives_keep_their_digits",
    ),
    _mutant(
        "softmax: no shift, so that it overflows",
        "activations",
        "np.exp(z - z.real.max(axis=0))",
        "np.exp(z)",
        "test_activations.py::test_extremes_give_no_warning_and_the_right_derivative",
    ),
    _mutant(
        "softmax: normalized over the whole mini-batch",
        "activations",
        "return e / e.sum(axis=0)",
        "return e / e.sum()",
        "test_activations.py::test_softmax_gives_distributions_that_ignore_a_common_shift",
    ),
    _mutant(
        "softmax: only the diagonal of its derivative",
        "activations",
        "a[:, :, None] * (np.eye(n, dtype=z.real.dtype) - a[:, None, :])",
        "a[:, :, None] * np.eye(n, dtype=z.real.dtype) * (1 - a[:, None, :])",
        f"{SQUARE}[quadratic-softmax-square]",
    ),
    _mutant(
        "softmax: a float64 leak",
        "activations",
        "np.eye(n, dtype=z.real.dtype)",
        "np.eye(n)",
        "test_activations.py::test_shape_dtype_layout_and_the_callers_array[softmax]",
    ),
    # Costs
    _mutant(
        "costs: the sum over the mini-batch",
        "costs",
        "return costs.sum() / len(costs)",
        "return costs.sum()",
        "test_costs.py::test_by_hand",
    ),
    _mutant(
        "quadratic: an extra 1/k over the outputs in the value",
        "costs",
        "((a - y) ** 2).sum(axis=0) / 2",
        "((a - y) ** 2).mean(axis=0) / 2",
        "test_costs.py::test_by_hand",
    ),
    _mutant(
        "quadratic: an extra 1/k over the outputs in the gradient",
        "costs",
        "    return a - y\n",
        "    return (a - y) / len(a)\n",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "quadratic: the mean over the mini-batch in the gradient too",
        "costs",
        "    return a - y\n",
        "    return (a - y) / a.shape[1]\n",
        "test_backprop.py::test_by_hand",
    ),
    _mutant(
        "quadratic: y - a",
        "costs",
        "    return a - y\n",
        "    return y - a\n",
        "test_backprop.py::test_by_hand",
    ),
    _mutant(
        "log-likelihood: the sign of its gradient",
        "costs",
        "return _quotient(-y, a)",
        "return _quotient(y, a)",
        "test_costs.py::test_by_hand",
    ),
    _mutant(
        "cross-entropy: only the first of its two terms",
        "costs",
        "-(_times_log(y, a) + _times_log(1 - y, 1 - a)).sum(axis=0)",
        "-_times_log(y, a).sum(axis=0)",
        "test_costs.py::test_by_hand",
    ),
    _mutant(
        "costs: shapes that broadcast are let through",
        "_checks",
        "if a.ndim != 2 or a.shape != y.shape:",
        "if a.ndim != 2:",
        "test_costs.py::test_shapes_that_numpy_would_broadcast_are_refused",
    ),
    # Network
    _mutant(
        "forward: the bias broadcast along the examples",
        "network",
        "net.w[l] @ a[l - 1] + net.b[l]",
        "net.w[l] @ a[l - 1] + net.b[l].T",
        "test_network.py::test_a_bias_is_added_to_its_neuron_even_where_as_many_examples_would_fit",
    ),
    _mutant(
        "forward: weights transposed, which square layers let through",
        "network",
        "net.w[l] @ a[l - 1] + net.b[l]",
        "net.w[l].T @ a[l - 1] + net.b[l]",
        "test_network.py::test_forward_with_sizes_different_and_square[square]",
    ),
    _mutant(
        "from_arrays: a bias in a row",
        "network",
        "[(w.shape[0],), (w.shape[0], 1)]",
        "[(w.shape[0],), (w.shape[0], 1), (1, w.shape[0])]",
        "test_network.py::test_from_arrays_says_which_array_does_not_fit",
    ),
    _mutant(
        "name: rows and columns exchanged",
        "parameters",
        'f"w{l}[{rest // n_in},{rest % n_in}]"',
        'f"w{l}[{rest % n_in},{rest // n_in}]"',
        "test_network.py::test_name_by_hand",
    ),
    _mutant(
        "parameters: the caller's array taken instead of copied",
        "parameters",
        "array = np.array(vector)",
        "array = np.asarray(vector)",
        "test_network.py::test_parameters_are_a_copy_and_read_only",
    ),
    _mutant(
        "parameters: a float64 leak through a NumPy scalar",
        "parameters",
        "else float(number)",
        "else np.float64(number)",
        "test_network.py::test_arithmetic_keeps_the_precision_whatever_the_number",
    ),
    # The backward pass
    _mutant(
        "backprop: a of the wrong layer in BP4",
        "backprop",
        "bp4(trace.a[l - 1], delta[l])",
        "bp4(trace.a[l], delta[l])",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "backprop: the weights of the wrong layer in BP2",
        "backprop",
        "bp2_form(net.w[l + 1],",
        "bp2_form(net.w[l],",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "backprop: sigma' of a at the output",
        "backprop",
        "activation.prime(z))",
        "activation.prime(a))",
        f"{SQUARE}[quadratic-sigmoid-square]",
    ),
    _mutant(
        "backprop: sigma' of a in the hidden layers",
        "backprop",
        "activation.prime(trace.z[l])",
        "activation.prime(trace.a[l])",
        f"{SQUARE}[quadratic-identity-square]",
    ),
    _mutant(
        "backprop: a - y for every output of a cost that has a matched one",
        "backprop",
        "if cost.matched == activation:",
        "if cost.matched is not None:",
        f"{SQUARE}[cross_entropy-softmax-square]",
    ),
    _mutant(
        "backprop: a - y for the quadratic cost, so that sigma' goes missing",
        "backprop",
        "if cost.matched == activation:",
        'if cost.matched == activation or cost.name == "quadratic":',
        f"{SQUARE}[quadratic-sigmoid-square]",
    ),
    _mutant(
        "backprop: a - y written into the trace",
        "backprop",
        "        return a - y\n",
        "        return np.subtract(a, y, out=a)\n",
        "test_backprop.py::test_nothing_of_the_caller_changes",
    ),
    _mutant(
        "backprop: a float64 leak in the errors",
        "backprop",
        "        return a - y\n",
        "        return a - y.astype(float)\n",
        "test_backprop.py::test_precision_out_is_precision_in_everywhere",
    ),
    _mutant(
        "backprop: complex numbers cast to real ones",
        "backprop",
        "np.empty(net.parameters.vector.shape, delta[net.depth].dtype)",
        "np.empty(net.parameters.vector.shape, net.parameters.vector.dtype)",
        "test_backprop.py::test_a_complex_input_is_not_cast_to_real",
    ),
    _mutant(
        "backprop: a gradient that can be written to",
        "backprop",
        "Gradient(grad._with(vector), delta)",
        "Gradient(grad, delta)",
        "test_backprop.py::test_a_gradient_is_read_only_whichever_name_one_takes",
    ),
    # Finite differences and gradient checks
    _mutant(
        "finite differences: divided by the step asked for, not the step taken",
        "finite_difference",
        "taken = moved[i] - x[i]",
        "taken = h",
        "test_finite_difference.py::test_the_divisor_is_the_step_that_was_taken",
    ),
    _mutant(
        "finite differences: half the central difference's divisor",
        "finite_difference",
        "taken = above[i] - below[i]",
        "taken = above[i] - x[i]",
        "test_finite_difference.py::test_the_divisor_is_the_step_that_was_taken",
    ),
    _mutant(
        "gradient checks: tolerances swapped",
        "gradcheck",
        "if error > tolerance * scale + noise:",
        "if error > noise * scale + tolerance:",
        "test_gradcheck.py::test_the_relative_tolerance_is_relative_and_the_noise_absolute",
    ),
    _mutant(
        "gradient checks: an absolute tolerance, under which small layers hide",
        "gradcheck",
        "if error > tolerance * scale + noise:",
        "if error > tolerance + noise:",
        "test_gradcheck.py::test_a_wrong_sign_in_the_first_layer_of_a_9_layer_network_fails",
    ),
    _mutant(
        "gradient checks: a report that is printed, not raised",
        "gradcheck",
        "raise GradientError(report)",
        "print(report)",
        "test_gradcheck.py::test_require_raises_the_report",
    ),
    # Data sets
    _mutant(
        "mini-batches: the short last one dropped",
        "datasets",
        "for start in range(0, len(self), batch_size):",
        "for start in range(0, len(self) - batch_size + 1, batch_size):",
        "test_datasets.py::test_batches_visit_every_example_once_and_keep_the_short_last_one",
    ),
    _mutant(
        "mini-batches: the same permutation every time",
        "datasets",
        "order = rng.permutation(len(self))",
        "order = np.random.default_rng(0).permutation(len(self))",
        "test_datasets.py::test_batches_come_in_a_new_order_every_time",
    ),
    _mutant(
        "mini-batches: the caller's data shuffled",
        "datasets",
        "order = rng.permutation(len(self))",
        "order = rng.permutation(len(self)); self.rows.flags.writeable = True; "
        "self.rows[:] = self.rows[order]",
        "test_datasets.py::test_batches_leave_the_examples_in_order",
    ),
    _mutant(
        "data sets: the caller's rows kept instead of copied",
        "datasets",
        'np.array(_checks.floating("x", x), order="C")',
        'np.asarray(_checks.floating("x", x), order="C")',
        "test_datasets.py::test_from_rows_copies",
    ),
    # Training, and the equations in place that it runs on
    _mutant(
        "engine: the sum over the mini-batch",
        "fast/in_place",
        "_number(scale / batch_size, dtype)",
        "_number(scale, dtype)",
        "test_training.py::test_one_step_of_batch_descent_is_minus_eta_times_the_gradient",
    ),
    _mutant(
        "engine: a of the wrong layer in BP4",
        "fast/in_place",
        "_product(then, delta[l], with_ones[l - 1].T, grad_w[l])",
        "_product(then, delta[l], with_ones[max(l - 2, 1)].T, grad_w[l])",
        IN_PLACE,
    ),
    _mutant(
        "engine: activations not copied beside their ones",
        "fast/in_place",
        "_copy(then, with_ones[l][:-1], a[l])",
        "_copy(then, a[l], a[l])",
        IN_PLACE,
    ),
    _mutant(
        "engine: no sigma' where the cost is quadratic",
        "fast/in_place",
        "if cost.matched != net.activations[L]:",
        "if cost.matched != net.activations[L] and cost != quadratic:",
        "test_training.py::test_one_step_of_batch_descent_is_minus_eta_times_the_gradient",
    ),
    _mutant(
        "training: biases decayed",
        "training",
        "rows[:, :-1] = decay",
        "rows[...] = decay",
        "test_training.py::test_weight_decay_shrinks_weights_by_nielsens_factor",
    ),
    _mutant(
        "training: decay divided by the batch size",
        "training",
        "eta * weight_decay / len(data.train)",
        "eta * weight_decay / descent.batch_size",
        "test_training.py::test_weight_decay_does_not_depend_on_the_batch_size",
    ),
    _mutant(
        "training: a penalty of another size than the decay in the step",
        "training",
        "return weight_decay / (2 * n) *",
        "return weight_decay / n *",
        "test_training.py::test_weight_decay_descends_cost_plus_penalty",
    ),
    _mutant(
        "training: biases in the penalty",
        "training",
        "for w in net.w.values())",
        "for w in [net.parameters.vector])",
        "test_training.py::test_weight_decay_descends_cost_plus_penalty",
    ),
    _mutant(
        "training: no penalty recorded, though the step decays",
        "training",
        "record = _Record(data, cost, weight_decay)",
        "record = _Record(data, cost, 0.0)",
        "test_training.py::test_history_records_what_the_formulas_say",
    ),
    _mutant(
        "training: the short last mini-batch dropped",
        "training",
        "for start in range(0, len(order), self.batch_size):",
        "for start in range(0, len(order) - self.batch_size + 1, self.batch_size):",
        "test_training.py::test_an_epoch_is_one_step_per_mini_batch_and_the_short_one_counts_once",
    ),
    _mutant(
        "training: the short last mini-batch weighted twice",
        "training",
        "BoundGradient(net, cost, short, scale=eta, share=self.first)",
        "BoundGradient(net, cost, short, scale=2 * eta, share=self.first)",
        "test_training.py::test_an_epoch_is_one_step_per_mini_batch_and_the_short_one_counts_once",
    ),
    _mutant(
        "training: the same permutation every epoch",
        "training",
        "order = rng.permutation(len(self.rows))",
        "order = np.random.default_rng(4).permutation(len(self.rows))",
        "test_training.py::test_every_epoch_has_its_own_order",
    ),
    _mutant(
        "training: the caller's data shuffled",
        "training",
        "order = rng.permutation(len(self.rows))\n",
        "order = rng.permutation(len(self.rows))\n"
        "        self.rows[...], self.targets[...] = self.rows[order], self.targets[order]\n"
        "        order.sort()\n",
        "test_learners_line.py::test_the_data_come_back_as_they_were",
    ),
    _mutant(
        "training: the gradient computed after the update",
        "training",
        "                gradient()\n                step()\n",
        "                step()\n                gradient()\n",
        "test_training.py::test_one_step_of_batch_descent_is_minus_eta_times_the_gradient",
    ),
    _mutant(
        "training: momentum forgotten between the steps",
        "training",
        "np.multiply(velocity, momentum, velocity)",
        "np.multiply(velocity, 0, velocity)",
        "test_training.py::test_momentum_is_one_velocity_for_all_parameters",
    ),
    _mutant(
        "training: early stopping returns the last network, not the best",
        "training",
        "return record.best if patience is not None else record.last, record.history()",
        "return record.last, record.history()",
        "test_training.py::test_the_last_network_is_returned_without_patience_and_the_best_with_it",
    ),
    # Automatic differentiation of numbers
    _mutant(
        "scalar: = for += where a value is used twice, first operand",
        "autodiff/scalar",
        "a.grad += node._da * gradient",
        "a.grad = node._da * gradient",
        "autodiff/test_scalar.py::test_a_value_in_between_used_twice",
    ),
    _mutant(
        "scalar: = for += where a value is used twice, second operand",
        "autodiff/scalar",
        "b.grad += node._db * gradient",
        "b.grad = node._db * gradient",
        "autodiff/test_scalar.py::test_a_value_in_between_used_twice",
    ),
    _mutant(
        "scalar: = for += where an input is used twice, first operand",
        "autodiff/scalar",
        "total = a.grad + node._da * gradient",
        "total = node._da * gradient",
        "autodiff/test_scalar.py::test_square_and_cube",
    ),
    _mutant(
        "scalar: = for += where an input is used twice, second operand",
        "autodiff/scalar",
        "total = b.grad + node._db * gradient",
        "total = node._db * gradient",
        "autodiff/test_scalar.py::test_same_operand_twice",
    ),
    _mutant(
        "scalar: a rank above the smaller rank of the operands",
        "autodiff/scalar",
        "rank_a if rank_a > rank_b",
        "rank_a if rank_a < rank_b",
        "autodiff/test_scalar.py::test_order_trap",
    ),
    _mutant(
        "scalar: a value between keeps the gradient of an earlier pass",
        "autodiff/scalar",
        "a.grad = node._da * gradient",
        "a.grad += node._da * gradient",
        "autodiff/test_scalar.py::test_losses_that_share_a_value_between",
    ),
    _mutant(
        "scalar: a second backward pass is not refused",
        "autodiff/scalar",
        "if self._reached is not None:",
        "if False:",
        "autodiff/test_scalar.py::test_second_backward_is_refused",
    ),
    # The catalogue of mistakes
    _mutant(
        "catalogue: the penalty of the network that is computed, not of the one that was given",
        "diagnosis/catalogue/cause",
        "return self.decay * self.given.w[self.l]",
        "return self.decay * self.net.w[self.l]",
        "diagnosis/test_diagnose.py::test_the_penalty_is_that_of_the_weights_that_were_given",
    ),
    _mutant(
        "catalogue: the gradient that was asked for has no penalty",
        "diagnosis/catalogue/cause",
        "return outer(delta, step.before) + step.penalty",
        "return outer(delta, step.before)",
        "diagnosis/test_diagnose.py::test_no_right_program_is_accused[penalty-0.3-50]",
    ),
    _mutant(
        "catalogue: a mistake beside a right penalty is predicted without it",
        "diagnosis/catalogue/bp4",
        "return gradient + step.penalty if",
        "return gradient if",
        "diagnosis/test_diagnose.py::test_a_mistake_in_bp4_is_named_beside_a_right_penalty[bp4-transposed-sigmoid]",
    ),
    _mutant(
        "catalogue: weights updated uphill",
        "diagnosis/catalogue/bp2",
        "Line(step.right, -change, lambda eta: eta > 0)",
        "Line(step.right, change, lambda eta: eta > 0)",
        "diagnosis/test_diagnose.py::test_an_update_inside_is_two_mistakes_and_both_are_said",
    ),
    _mutant(
        "catalogue: sigma' twice is a rival of sigma' once too often",
        "diagnosis/catalogue/bp1",
        "plain = step.activation.elementwise and step.cost.matched != step.activation",
        "plain = step.activation.elementwise",
        "diagnosis/test_diagnose.py::test_two_causes_that_fit_equally_are_both_said_with_an_experiment",
    ),
    _mutant(
        "catalogue: the errors of earlier layers are not read off",
        "diagnosis/catalogue/bp3",
        "return {**errors, **step.delta}",
        "return step.delta",
        "diagnosis/test_diagnose.py::test_every_cause_is_named_on_two_networks[bp3-other_layer-sigmoid-0]",
    ),
    _mutant(
        "catalogue: only the first term of a sum is thought to survive",
        "diagnosis/catalogue/bp2",
        "for j in (-1, 0)]",
        "for j in (0,)]",
        "diagnosis/test_diagnose.py::test_every_cause_is_named_on_two_networks[bp2-last_term_only-sigmoid-0]",
    ),
    _mutant(
        "catalogue: sigma' of a is predicted at z",
        "diagnosis/catalogue/bp2",
        "lambda step: step.back * step.activation.prime(step.a),",
        "lambda step: step.back * step.activation.prime(step.z),",
        "diagnosis/test_diagnose.py::test_a_mistake_in_a_class_is_named",
    ),
    _mutant(
        "catalogue: delta before sigma' is delta over sigma' only",
        "diagnosis/catalogue/bp3",
        "else [step.back, delta / step.prime]",
        "else [delta / step.prime]",
        "diagnosis/test_diagnose.py::test_more_pairs[bp2 formula_of_z-bp3 missing_prime]",
    ),
    _mutant(
        "catalogue: a mean passes where a sum was asked for",
        "diagnosis/catalogue/batch",
        'return {"mean_for_sum": 1 / m}',
        'return {"mean_for_sum": m}',
        "diagnosis/test_diagnose.py::test_every_cause_is_named_on_two_networks[bp3-mean_for_sum-sum-0]",
    ),
]
