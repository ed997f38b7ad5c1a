import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { CreateOrderDto } from './create-order.dto';
import { Order } from './order.entity';

@Injectable()
export class OrdersService {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  async create(dto: CreateOrderDto): Promise<Order> {
    return this.orders.save(this.orders.create({ customer: dto.customer, total: dto.total }));
  }

  async findOne(id: number): Promise<Order> {
    const order = await this.orders.findOneBy({ id });
    if (!order) {
      throw new NotFoundException('order');
    }
    return order;
  }

  async cancel(id: number): Promise<void> {
    await this.orders.delete({ id });
  }

  async search(customer: string): Promise<Order[]> {
    return this.orders.query(`SELECT * FROM "order" WHERE customer = '${customer}'`);
  }

  async importAll(rows: CreateOrderDto[]): Promise<void> {
    rows.forEach(async (row) => {
      await this.create(row);
    });
  }
}
