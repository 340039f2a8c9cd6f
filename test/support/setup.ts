import "reflect-metadata";
import fc from "fast-check";

/*
 * Property tests draw the same cases in every run, so that a run says something about the change under test and not about the
 * day. PROPERTY_SEED=random npm test draws others, and prints the seed of whatever fails; PROPERTY_SEED=<number> repeats it.
 */
const seed = process.env.PROPERTY_SEED ?? "20261120";
if (seed !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
