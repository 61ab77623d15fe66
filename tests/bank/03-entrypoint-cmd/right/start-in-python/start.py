import sys

import labels

sys.exit(labels.main(sys.argv[1:] or ["Plum jam", "Sea salt"]))
