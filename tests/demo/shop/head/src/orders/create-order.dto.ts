import { IsInt, IsPositive, IsString } from 'class-validator';

export class CreateOrderDto {
  @IsString()
  customer: string;

  @IsInt()
  @IsPositive()
  total: number;

  coupon?: string;
}
