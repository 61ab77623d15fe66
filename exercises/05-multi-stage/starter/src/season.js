module.exports = "spring";
