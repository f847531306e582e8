// The second half of the conversations.

import { half } from "./cases.mjs";
import { drive } from "./drive.mjs";

drive(half(1));
