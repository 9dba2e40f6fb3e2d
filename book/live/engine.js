// The four equations, and what they need. Matrices are arrays of rows; a column is an example.
// A network is { w: { 2: ... }, b: { 2: ... }, activations: { 2: "sigmoid" } }, as the chapter sends it.

// BP1: the error of the output layer.
function bp1(gradA, prime) {
  return times(gradA, prime);
}

// BP2: the error one layer back.
function bp2(wNext, deltaNext, prime) {
  return times(matmul(transpose(wNext), deltaNext), prime);
}

// BP3: the gradient with respect to the biases, the mean over the examples.
function bp3(delta) {
  return delta.map(row => [sum(row) / row.length]);
}

// BP4: the gradient with respect to the weights. The product adds up the examples.
function bp4(aPrevious, delta) {
  const m = delta[0].length;
  return each(g => g / m, matmul(delta, transpose(aPrevious)));
}

// Return z[l] and a[l] of every layer; layer 1 is the input.
function forward(net, x) {
  const z = {}, a = { 1: x };
  for (let l = 2; l <= depth(net); l++) {
    z[l] = plus(matmul(net.w[l], a[l - 1]), net.b[l]);
    a[l] = ACTIVATIONS[net.activations[l]].of(z[l]);
  }
  return { z, a };
}

// Return delta[l] and the gradients w[l] and b[l] of every layer.
function backward(net, { z, a }, y, cost) {
  const delta = { [depth(net)]: outputError(net, { z, a }, y, cost) }, w = {}, b = {};
  for (let l = depth(net); l >= 2; l--) {
    if (l < depth(net)) delta[l] = bp2(net.w[l + 1], delta[l + 1], slope(net, l, z[l]));
    b[l] = bp3(delta[l]);
    w[l] = bp4(a[l - 1], delta[l]);
  }
  return { delta, w, b };
}

// For a matched pair of cost and output BP1 comes to a - y; a softmax is taken in no other.
function outputError(net, { z, a }, y, cost) {
  const L = depth(net), name = net.activations[L];
  if (COSTS[cost].matched === name) return minus(a[L], y);
  if (name === "softmax") throw new Error(`softmax with the ${cost} cost is not computed here`);
  return bp1(COSTS[cost].gradient(a[L], y), slope(net, L, z[L]));
}

// Return the network after one step of gradient descent.
function descend(net, grad, eta) {
  const w = {}, b = {};
  for (let l = 2; l <= depth(net); l++) {
    w[l] = each((p, g) => p - eta * g, net.w[l], grad.w[l]);
    b[l] = each((p, g) => p - eta * g, net.b[l], grad.b[l]);
  }
  return { ...net, w, b };
}

// The cost: the mean over the examples.
function costOf(name, a, y) {
  const perEntry = each(COSTS[name].of, a, y);
  return sum(perEntry.map(sum)) / a[0].length;
}

const depth = net => Math.max(...Object.keys(net.w).map(Number));
const slope = (net, l, z) => ACTIVATIONS[net.activations[l]].prime(z);

// exp(-|z|) never overflows, and e / (1 + e)^2 is sigma (1 - sigma) without its cancellation.
const sigmoid = z => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
const sigmoidPrime = z => Math.exp(-Math.abs(z)) / (1 + Math.exp(-Math.abs(z))) ** 2;

const ACTIVATIONS = {
  sigmoid: entrywise(sigmoid, sigmoidPrime),
  tanh: entrywise(Math.tanh, z => 4 * sigmoidPrime(2 * z)),
  relu: entrywise(z => Math.max(z, 0), z => (z > 0 ? 1 : 0)),
  identity: entrywise(z => z, () => 1),
  softmax: { of: softmax },
};

// 0 log 0 is 0.
const timesLog = (p, q) => (p === 0 ? 0 : p * Math.log(q));
const COSTS = {
  quadratic: { of: (a, y) => (a - y) ** 2 / 2, gradient: minus },
  cross_entropy: {
    of: (a, y) => -timesLog(y, a) - timesLog(1 - y, 1 - a),
    gradient: (a, y) => each((p, q) => (p - q) / (p * (1 - p)), a, y),
    matched: "sigmoid",
  },
  log_likelihood: {
    of: (a, y) => -timesLog(y, a),
    gradient: (a, y) => each((p, q) => -q / p, a, y),
    matched: "softmax",
  },
};

function entrywise(f, prime) {
  return { of: z => each(f, z), prime: z => each(prime, z) };
}

function softmax(z) {
  return transpose(transpose(z).map(column => {
    const powers = column.map(v => Math.exp(v - Math.max(...column)));
    return powers.map(p => p / sum(powers));
  }));
}

// Small dense arrays.
const sum = row => row.reduce((total, v) => total + v, 0);
const transpose = p => p[0].map((_, k) => p.map(row => row[k]));
const each = (f, p, q) => p.map((row, j) => row.map((v, k) => f(v, q && q[j][k])));
const times = (p, q) => each((u, v) => u * v, p, q);

function minus(p, q) {
  return each((u, v) => u - v, p, q);
}

// A column such as a bias is added to every example.
function plus(p, column) {
  return p.map((row, j) => row.map(v => v + column[j][0]));
}

function matmul(p, q) {
  const width = q[0].length;
  return p.map(row => {
    const out = new Array(width).fill(0);
    row.forEach((v, k) => { for (let i = 0; i < width; i++) out[i] += v * q[k][i]; });
    return out;
  });
}

// Random numbers from a seed (mulberry32), so that a link to a state leads everybody to the same one.
function random(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// A number from the normal distribution, by Box and Muller.
function normal(uniform) {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
