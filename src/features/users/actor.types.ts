import { Field, ObjectType } from "type-graphql";
import type { ActorKind } from "../../access/actor.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { carried, Read } from "../../graphql/rules.ts";

/** Registered before any schema is built: a type's own thunk would come too late. */
export const ActorKindEnum = enumOf({
  name: "ActorKind",
  describe: "What sort of actor it is.",
  values: {
    USER: "A person.",
    SERVICE: "A machine, by a service token.",
    SYSTEM: "The gateway itself.",
  },
});

@ObjectType({ description: "Who did something." })
@Read(carried)
export class Actor {
  @Field(() => ActorKindEnum, { description: "What sort of actor." })
  readonly kind: ActorKind;

  /** The user's or the token's id; null for the gateway itself. */
  readonly id: string | null;

  /** The name that they had then, whoever asks. */
  readonly name: string;

  constructor(kind: ActorKind, id: string | null, name: string) {
    this.kind = kind;
    this.id = id;
    this.name = name;
  }
}
