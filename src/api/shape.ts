/** The words in which the shapes of answers are written. */
import Joi from 'joi';
import type { IdPrefix } from '../domain/ids.ts';
import { field } from '../flows/input.ts';

/** A schema that gets a name of its own under components/schemas. */
export const named = <T extends Joi.Schema>(name: string, schema: T): T => schema.meta({ 'x-shape': name }) as T;
export const all = (keys: Joi.SchemaMap): Joi.ObjectSchema => Joi.object(keys).prefs({ presence: 'required' });
export const text = () => Joi.string().allow('');
export const whole = () => Joi.number().integer();
export const instant = () => Joi.string().isoDate().description('instant in UTC');
export const words = (...values: readonly string[]) => Joi.string().valid(...values);
export const anId = (prefix: IdPrefix) => field.id(prefix);
export const orNull = <T extends Joi.Schema>(schema: T): T => schema.allow(null) as T;
export const later = <T extends Joi.Schema>(schema: T): T => schema.optional() as T;
export const listOf = (item: Joi.Schema): Joi.ObjectSchema => all({ data: Joi.array().items(item), hasMore: Joi.boolean() });
