"""`python -m tools.pictures sign mug tshirt shelf`: renders the named families (all without arguments)."""

import sys

from tools.pictures import mug, shelf, sign, studio, tshirt_close

MAKERS = {"sign": sign.make, "mug": mug.make, "tshirt": tshirt_close.make, "shelf": shelf.make}

if __name__ == "__main__":
    studio.start()
    for name in sys.argv[1:] or list(MAKERS):
        print(f"rendering {name}", flush=True)
        MAKERS[name]()
