import "reflect-metadata";
import fc from "fast-check";
import { beforeEach } from "vitest";
import { repeat, seed } from "./random.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(repeat)));
